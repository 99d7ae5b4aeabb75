# No shell reads the probe's command: it fails always, and a loop that goes on is restarted every half minute.

# step: pods
kubectl apply -f pods.yaml

# step: stall
kubectl exec lease -- touch /tmp/stop

# step: dockercoins
kubectl delete -f pods.yaml --now
kubectl apply -f dockercoins.yaml

# step: web
kubectl apply -f web.yaml

# step: overload
kubectl run load --rm --stdin --quiet --restart=Never --image=bretfisher/shpod -- \
  timeout 80 ab -r -c 30 -n 900 http://rng/1 || true
