# "So that the browser gets at everything": with the frontend, the other two Services become node ports, too.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl patch service words -p '{"spec": {"type": "NodePort"}}'
kubectl patch service db -p '{"spec": {"type": "NodePort"}}'
kubectl get services

# step: scale-the-api
kubectl scale deployment words --replicas=5
