# A Service, whose address answers no ping.

# step: littletomcat
kubectl create deployment littletomcat --image=tomcat
kubectl rollout status deployment littletomcat

# step: pod-ip
kubectl get pods --selector=app=littletomcat -o wide

# step: ping
kubectl create service clusterip ping-me --tcp=8080 || true
kubectl set selector service ping-me app=littletomcat
IP=$(kubectl get service ping-me -o jsonpath='{.spec.clusterIP}')
kubectl -n "$ELSEWHERE" exec shpod -- ping -c 3 -W 1 "$IP" || true

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
