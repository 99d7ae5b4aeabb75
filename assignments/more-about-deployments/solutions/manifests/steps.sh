# Manifests that are applied, a script of its own for the address, and a pod for each thing that a pod is to do.

# step: littletomcat
kubectl apply -f littletomcat.yaml
kubectl wait --for=condition=Available deployment/littletomcat --timeout=90s

# step: pod-ip
bash address.sh

# step: ping
kubectl run pinger --rm --stdin --quiet --restart=Never --image=alpine -- ping -c 3 -W 2 "$(bash address.sh)"

# step: delete-the-pod
kubectl get pods -l app=littletomcat -o name | xargs kubectl delete

# step: what-happens
before=$(bash address.sh)
kubectl get pods -l app=littletomcat -o name | xargs kubectl delete --wait=false
until after=$(bash address.sh) && [ -n "$after" ]; do sleep 1; done
echo "$before, then $after"

# step: stable-address
kubectl apply -f service.yaml

# step: curl-by-dns
name=littletomcat.$(kubectl get service littletomcat -o jsonpath='{.metadata.namespace}').svc.cluster.local
kubectl -n "$ELSEWHERE" run asker --rm --stdin --quiet --restart=Never --image=bretfisher/shpod -- \
  curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}\n' "http://$name:8080/"
