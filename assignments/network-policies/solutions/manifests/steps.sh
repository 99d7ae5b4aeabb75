# Files for everything, which say what they are about.

# step: deny-all
kubectl apply -f deny-all-for-testweb.yaml

# step: allow-testcurl
kubectl create -f allow-testcurl-for-testweb.yaml

# step: isolate
kubectl apply --server-side -f dockercoins.yaml

# step: port-and-cidr
kubectl apply -n "$ELSEWHERE" -f dmz-to-internal.yaml

# step: cleanup
kubectl delete -f deny-all-for-testweb.yaml -f allow-testcurl-for-testweb.yaml -f dockercoins.yaml
