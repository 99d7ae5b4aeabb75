# The noun is drawn already; other words are not.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl scale deployment db --replicas=0
kubectl wait --for=delete pod --selector=app=db --timeout=60s || true

# step: scale-the-api
kubectl scale deployment words --replicas=5
