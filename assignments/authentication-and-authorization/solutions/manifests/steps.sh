# step: who-am-i
kubectl get configmap kubeconfig -o json | jq -r .data.config > config
kubectl config view --kubeconfig=config --minify --raw -o jsonpath='{.users[0].user.client-certificate-data}' \
  | base64 -d | openssl x509 -noout -subject -nameopt sep_multiline,sname \
  | sed -n 's/^ *CN=/user /p; s/^ *O=/group /p'

# step: token-call
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl create token default --duration=10m > token
URL=https://kubernetes.default/api/v1/namespaces/$NS/pods
for header in "Authorization: Bearer $(cat token)" "X-Nobody: is-here"; do
  code=$(curl -s -k -H "$header" -o reply.json -w '%{http_code}' "$URL")
  user=$(jq -r '.message // ""' reply.json | sed -n 's/.*User "\([^"]*\)".*/\1/p')
  echo "$code $user"
done
rm token

# step: viewer
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl apply -f viewer.yaml
kubectl create rolebinding viewercanview --clusterrole=view --serviceaccount="$NS:viewer" \
  --dry-run=client -o yaml | kubectl apply -f -

# step: eyepod
kubectl apply -f eyepod.yaml >&2
kubectl wait pod eyepod --for=jsonpath='{.status.phase}'=Succeeded --timeout=60s >&2
kubectl logs eyepod
kubectl delete pod eyepod >&2

# step: can-i
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
AUDITOR=system:serviceaccount:$NS:auditor OPERATOR=system:serviceaccount:$NS:operator
answer() {
  said=$(kubectl auth can-i "${@:2}" 2>/dev/null) || true
  echo "$1 ${said%% *}"
}
answer 1 get configmap/settings --as "$AUDITOR"
answer 2 get configmap/kubeconfig --as "$AUDITOR"
answer 3 list configmaps --as "$AUDITOR"
answer 4 get pods --subresource log --as "$AUDITOR"
answer 5 create pods --subresource exec --as "$AUDITOR"
answer 6 create pods --subresource exec --as "$OPERATOR"
answer 7 list services --as "$AUDITOR" -n "$ELSEWHERE"
answer 8 list pods --as "$OPERATOR" -n "$ELSEWHERE"
answer 9 get /version --as "$OPERATOR"
answer 10 get /metrics --as "$OPERATOR"

# step: deployer
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl apply -f deployer.yaml
kubectl create rolebinding deployer --role=deployer --serviceaccount="$NS:deployer" \
  --dry-run=client -o yaml | kubectl apply -f -
