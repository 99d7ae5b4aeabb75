# Scaled before anybody has looked at one pod.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl scale deployment words --replicas=5

# step: scale-the-api
kubectl scale deployment words --replicas=5
