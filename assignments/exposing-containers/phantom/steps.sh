# step: httpenv
kubectl apply -f nothing.yaml

# step: ask
echo httpenv

# step: k8s
true

# step: endpoints
kubectl get service httpenv

# step: headless
true

# step: names
echo httpenv.default.svc.cluster.local

# step: cleanup
true
