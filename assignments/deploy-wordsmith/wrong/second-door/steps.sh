# One more Service for each part that is not to be called from outside: a look at the tables, and at the words.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080
kubectl expose deployment db --port=5432 --type=NodePort --name=db-outside
kubectl expose deployment words --port=8080 --type=NodePort --name=words-outside

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl get service web

# step: scale-the-api
kubectl scale deployment words --replicas=5
