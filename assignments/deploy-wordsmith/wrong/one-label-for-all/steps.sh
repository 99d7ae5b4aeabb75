# All pods have the same label, by which each Service selects.

# step: deployments
for part in db web words; do
  kubectl create deployment "$part" --image="bretfisher/wordsmith-$part" --dry-run=client -o yaml |
    sed "s/app: $part/app: wordsmith/" | kubectl apply -f -
done

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl get service web

# step: scale-the-api
kubectl scale deployment words --replicas=5
