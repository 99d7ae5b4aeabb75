# Manifests that are applied, and a port that goes by its name.

# step: httpenv
kubectl apply -f httpenv.yaml
kubectl rollout status deployment httpenv

# step: ask
address=$(kubectl get service httpenv -o jsonpath='{.spec.clusterIP}')
curl --silent "http://$address:8888/" | jq --raw-output .HOSTNAME

# step: k8s
kubectl apply -f k8s.yaml

# step: endpoints
endpoints=$(kubectl get endpointslices -l kubernetes.io/service-name=httpenv -o json | jq -r '.items[] |
  .ports[0].port as $port | .endpoints[]? | select(.conditions.ready) | .addresses[0] + ":\($port)"' | sort)
pods=$(kubectl get pods -l app=httpenv -o json | jq -r '.items[].status.podIP + ":8888"' | sort)
echo "$endpoints"
if [ "$endpoints" != "$pods" ]; then
  echo "they are not the pods" >&2
  exit 1
fi

# step: headless
kubectl apply -f headless.yaml

# step: names
server=$(kubectl get service kube-dns --namespace kube-system -o json | jq -r .spec.clusterIP)
namespace=$(kubectl config view --minify -o json | jq -r '.contexts[0].context.namespace')
dig "@$server" "httpenv.$namespace.svc.cluster.local" A +noall +answer

# step: cleanup
kubectl delete -f httpenv.yaml
