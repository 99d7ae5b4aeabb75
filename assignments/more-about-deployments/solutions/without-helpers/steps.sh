# No pod but Tomcat's: the pod in which the steps run is in another namespace, and knows TCP instead of ping.

# step: littletomcat
kubectl create deployment littletomcat --image=tomcat:latest --port=8080

# step: ping
ip=$(kubectl get pods -l app=littletomcat -o template='{{range .items}}{{if not .metadata.deletionTimestamp}}{{.status.podIP}}{{end}}{{end}}')
for number in 1 2 3; do timeout 2 bash -c "echo > /dev/tcp/$ip/8080"; done
echo "$ip: 3 connections, 0% lost"

# step: pod-ip
kubectl describe pods -l app=littletomcat | awk '$1 == "IP:" { print $2 }'

# step: delete-the-pod
pod=$(kubectl get pods -l app=littletomcat -o jsonpath='{.items[0].metadata.name}')
kubectl delete pod "$pod" --now

# step: what-happens
pod=$(kubectl get pods -l app=littletomcat -o name)
echo "before: $(kubectl get "$pod" -o jsonpath='{.status.podIP}')"
kubectl delete "$pod" --now
kubectl wait --for=condition=Ready pods -l app=littletomcat --timeout=60s
echo "after: $(kubectl get pods -l app=littletomcat -o jsonpath='{.items[*].status.podIP}')"

# step: stable-address
kubectl create service clusterip littletomcat --tcp=8080

# step: curl-by-dns
curl -s --max-time 5 "littletomcat.$(kubectl config view --minify -o jsonpath='{..namespace}').svc:8080"
