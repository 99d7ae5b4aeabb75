# A tunnel for one person, and no Service.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl port-forward deployment/web 8000:80 > /dev/null &

# step: scale-the-api
kubectl scale deployment words --replicas=5
