# Names before pods, one label for all and one for each, and a rollout of the API when it is scaled.

# step: before anything else
kubectl create service clusterip db --tcp=5432
kubectl create service nodeport web --tcp=80
kubectl create service clusterip words --tcp=8080
for part in db words web; do
  kubectl set selector service "$part" "app=wordsmith,part=$part"
done

# step: Deployments
for part in web words db; do
  kubectl create deployment "$part" --image="bretfisher/wordsmith-$part" --dry-run=client -o json |
    jq --arg part "$part" '
      {app: "wordsmith", part: $part} as $labels
      | .spec.selector.matchLabels = $labels | .spec.template.metadata.labels = $labels' |
    kubectl create -f -
done

# step: services
kubectl get services

# step: web-frontend
kubectl wait --for=condition=Available deployment/web --timeout=60s

# step: a look at the words
for number in 1 2 3; do curl --silent http://words:8080/noun; done

# step: scale-the-api
kubectl patch deployment words -p '
  spec:
    replicas: 5
    template:
      metadata:
        annotations: {scaled: "yes"}
'
kubectl rollout status deployment words --timeout=100s
