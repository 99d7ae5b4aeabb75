# The probe stands beside the containers, where nobody looks for it.

# step: pods
kubectl apply -f pods.yaml

# step: stall
kubectl exec lease -- touch /tmp/stop

# step: dockercoins
kubectl delete -f pods.yaml --now
kubectl apply -f dockercoins.yaml
for name in hasher rng webui; do
  kubectl patch deployment "$name" --patch='{"spec": {"template": {"spec": {"livenessProbe":
    {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 30, "periodSeconds": 5}}}}}'
done

# step: web
kubectl apply -f web.yaml

# step: overload
kubectl run load --rm --stdin --quiet --restart=Never --image=bretfisher/shpod -- \
  timeout 80 ab -r -c 30 -n 900 http://rng/1 || true
