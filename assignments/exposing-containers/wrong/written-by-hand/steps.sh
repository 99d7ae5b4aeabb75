# Addresses of the pods of that moment, written into an EndpointSlice, which follow nobody.

# step: httpenv
kubectl create deployment httpenv --image=bretfisher/httpenv
kubectl scale deployment httpenv --replicas=4
kubectl expose deployment httpenv --port 8888

# step: ask
IP=$(kubectl get svc httpenv -o go-template --template '{{ .spec.clusterIP }}')
curl -s http://$IP:8888/ | jq .HOSTNAME

# step: k8s
kubectl create service externalname k8s --external-name kubernetes.io

# step: endpoints
kubectl get endpointslices -l kubernetes.io/service-name=httpenv -o json |
  jq -r '.items[] | .ports[0].port as $port | .endpoints[]? | "\(.addresses[0]):\($port)"' | tee endpoints
kubectl get pods -l app=httpenv -o json | jq -r '.items[].status.podIP' > pods
[ "$(cut -d: -f1 endpoints | sort)" = "$(sort pods)" ]

# step: headless
kubectl apply -f - <<YAML
apiVersion: v1
kind: Service
metadata:
  name: httpenv-headless
spec:
  clusterIP: None
  ports:
  - port: 8888
YAML
kubectl get pods -l app=httpenv -o json | jq '{
  apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4",
  metadata: {name: "httpenv-headless-1", labels: {"kubernetes.io/service-name": "httpenv-headless"}},
  ports: [{port: 8888}],
  endpoints: [.items[] | {addresses: [.status.podIP], targetRef: ({kind: "Pod"} + (.metadata | {name, namespace, uid}))}]
}' | kubectl apply -f -

# step: names
IP=$(kubectl -n kube-system get svc kube-dns -o jsonpath={.spec.clusterIP})
NAMESPACE=$(kubectl config view --minify -o jsonpath={..namespace})
dig +short httpenv.$NAMESPACE.svc.cluster.local @$IP

# step: cleanup
kubectl delete deployment/httpenv service/httpenv
