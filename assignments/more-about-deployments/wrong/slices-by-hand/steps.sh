# An EndpointSlice with the address of the pod that there is.

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
kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: Service
metadata:
  name: littletomcat
spec:
  ports:
  - port: 8080
MANIFEST
kubectl get pods --selector=app=littletomcat -o json | jq '{
  apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4",
  metadata: {name: "littletomcat-by-hand", labels: {"kubernetes.io/service-name": "littletomcat"}},
  ports: [{port: 8080}],
  endpoints: [.items[] | {
    addresses: [.status.podIP], conditions: {ready: true},
    targetRef: {kind: "Pod", name: .metadata.name, uid: .metadata.uid}
  }]
}' | kubectl apply -f -

# step: curl-by-dns
NAMESPACE=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl -n "$ELSEWHERE" exec shpod -- curl --silent --max-time 5 --include "http://littletomcat.$NAMESPACE:8080"
