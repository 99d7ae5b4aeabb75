# One pod with three containers.

# step: deployments
kubectl create deployment wordsmith \
  --image=bretfisher/wordsmith-db \
  --image=bretfisher/wordsmith-web \
  --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl get service web

# step: scale-the-api
kubectl scale deployment words --replicas=5
