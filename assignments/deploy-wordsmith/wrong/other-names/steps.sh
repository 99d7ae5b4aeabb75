# Names of the own choice.

# step: deployments
kubectl create deployment database --image=bretfisher/wordsmith-db
kubectl create deployment wordsmith-web --image=bretfisher/wordsmith-web
kubectl create deployment api --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl get service web

# step: scale-the-api
kubectl scale deployment words --replicas=5
