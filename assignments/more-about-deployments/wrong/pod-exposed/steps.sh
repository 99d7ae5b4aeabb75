# The pod is exposed in place of the Deployment: its labels go with its ReplicaSet.

# step: littletomcat
kubectl create deployment littletomcat --image=tomcat
kubectl rollout status deployment littletomcat

# step: pod-ip
kubectl get pods --selector=app=littletomcat -o wide

# step: ping
IP=$(kubectl get pods --selector=app=littletomcat -o jsonpath='{.items[0].status.podIP}')
kubectl -n "$ELSEWHERE" exec shpod -- ping -c 3 -W 2 "$IP"

# step: delete-the-pod
kubectl delete pods --selector=app=littletomcat

# step: what-happens
kubectl get pods --selector=app=littletomcat -o wide
kubectl delete pods --selector=app=littletomcat
kubectl rollout status deployment littletomcat
kubectl get pods --selector=app=littletomcat -o wide

# step: stable-address
kubectl expose "$(kubectl get pods --selector=app=littletomcat -o name)" --name=littletomcat --port=8080

# step: curl-by-dns
NAMESPACE=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl -n "$ELSEWHERE" exec shpod -- curl --silent --max-time 5 --include "http://littletomcat.$NAMESPACE:8080"
