# Tomcat asks itself, as localhost.

# step: littletomcat
kubectl create deployment littletomcat --image=tomcat
kubectl rollout status deployment littletomcat

# step: pod-ip
kubectl get pods --selector=app=littletomcat -o wide

# step: ping
IP=$(kubectl get pods --selector=app=littletomcat -o jsonpath='{.items[0].status.podIP}')
kubectl exec deployment/littletomcat -- bash -c 'until (echo > /dev/tcp/127.0.0.1/8080) 2> /dev/null; do sleep 1; done; for number in 1 2 3; do (echo > /dev/tcp/127.0.0.1/8080) || exit 1; done; echo "$0: 3 connections, 0% lost"' "$IP"

# step: delete-the-pod
kubectl delete pods --selector=app=littletomcat

# step: what-happens
kubectl get pods --selector=app=littletomcat -o wide
kubectl delete pods --selector=app=littletomcat
kubectl rollout status deployment littletomcat
kubectl get pods --selector=app=littletomcat -o wide

# step: stable-address
kubectl expose deployment littletomcat --port=8080

# step: curl-by-dns
NAMESPACE=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl -n "$ELSEWHERE" exec shpod -- curl --silent --max-time 5 --include "http://littletomcat.$NAMESPACE:8080"
