# step: deny-all
kubectl apply -f nothing.yaml

# step: allow-testcurl
true

# step: isolate
true

# step: port-and-cidr
kubectl -n "$ELSEWHERE" apply -f elsewhere.yaml

# step: cleanup
kubectl delete -f nothing.yaml
