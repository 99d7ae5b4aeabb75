# step: littletomcat
kubectl apply -f nothing.yaml

# step: pod-ip
true

# step: ping
true

# step: delete-the-pod
true

# step: what-happens
true

# step: stable-address
true

# step: curl-by-dns
true
