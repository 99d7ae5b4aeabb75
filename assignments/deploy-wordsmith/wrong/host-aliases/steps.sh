# The address of the database pod as host alias, in place of a Service.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
address=$(kubectl get pods --selector=app=db -o jsonpath='{.items[0].status.podIP}')
kubectl patch deployment words -p "
  spec:
    template:
      spec:
        hostAliases:
        - ip: $address
          hostnames: [db]
"
kubectl rollout status deployment words --timeout=60s
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl get service web

# step: scale-the-api
kubectl scale deployment words --replicas=5
