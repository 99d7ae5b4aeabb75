# No pod has the label that the Service selects by.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl create service clusterip db --tcp=5432
kubectl set selector service db app=database
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl get service web

# step: scale-the-api
kubectl scale deployment words --replicas=5
