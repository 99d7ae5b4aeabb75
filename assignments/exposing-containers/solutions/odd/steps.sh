# By name where the course takes an address, by the old Endpoints object, and without a port that nobody needs.

# step: httpenv
kubectl create service clusterip httpenv --tcp=8888
kubectl create deployment httpenv --image=docker.io/bretfisher/httpenv --replicas=4 --port=8888

# step: ask
curl -fsS httpenv:8888/who-is-it | grep -o '"HOSTNAME":"[^"]*"' | cut -d '"' -f 4

# step: k8s
kubectl apply -f - <<YAML
{apiVersion: v1, kind: Service, metadata: {name: k8s}, spec: {type: ExternalName, externalName: kubernetes.io}}
YAML

# step: endpoints
bash compare.sh

# step: headless
kubectl create -f - <<YAML
apiVersion: v1
kind: Service
metadata:
  name: httpenv-headless
spec:
  clusterIP: None
  selector:
    app: httpenv
YAML

# step: names
space=$(kubectl get service httpenv -o jsonpath='{.metadata.namespace}')
server=$(kubectl -n kube-system get service kube-dns -o jsonpath='{.spec.clusterIPs[0]}')
nslookup -type=A "httpenv.$space.svc.cluster.local" "$server"

# step: cleanup
kubectl delete $(kubectl get deployment,service httpenv -o name)
