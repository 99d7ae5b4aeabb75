# step: who-am-i
kubectl get configmap kubeconfig -o jsonpath='{.data.config}' > config
kubectl config view --kubeconfig=config --raw -o json > config.json
jq -r '.["current-context"] as $current
  | (.contexts[] | select(.name == $current) | .context.user) as $user
  | .users[] | select(.name == $user) | .user["client-certificate-data"]' config.json \
  | base64 -d > certificate.pem
openssl x509 -in certificate.pem -noout -subject -nameopt RFC2253 | sed 's/^subject=//' | tr ',' '\n' \
  | sed 's/^CN=/user /; s/^O=/group /'

# step: token-call
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
API=/api/v1/namespaces/$NS
echo '{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}' > request.json
TOKEN=$(kubectl create --raw "$API/serviceaccounts/default/token" -f request.json | jq -r .status.token)
curl -sk "https://kubernetes.default$API/pods" > nobody.json
curl -sk --oauth2-bearer "$TOKEN" "https://kubernetes.default$API/pods" > somebody.json
jq -r 'if .kind == "Status" then "\(.code) \(.message | split("\"")[1])" else 200 end' nobody.json somebody.json

# step: viewer
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl create rolebinding viewercanview --clusterrole=view --serviceaccount="$NS:viewer"
kubectl create serviceaccount viewer

# step: eyepod
kubectl create -f eyepod.json >&2
trap 'kubectl delete pod eyepod --now >&2' EXIT
kubectl wait pod eyepod --for=condition=Ready --timeout=60s >&2
kubectl attach -i eyepod < look.sh > seen.json
cat seen.json

# step: can-i
for account in auditor operator; do
  kubectl config view --minify --raw -o json \
    | jq --arg token "$(kubectl create token $account)" '.users[0].user = {token: $token}' > "as-$account"
done
yes_or_no() { if "$@" > /dev/null 2>&1; then echo "yes"; else echo "no"; fi; }
echo "1 $(yes_or_no kubectl --kubeconfig=as-auditor auth can-i get configmaps/settings)"
echo "2 $(yes_or_no kubectl --kubeconfig=as-auditor auth can-i get configmaps/kubeconfig)"
echo "3 $(yes_or_no kubectl --kubeconfig=as-auditor auth can-i list configmaps)"
echo "4 $(yes_or_no kubectl --kubeconfig=as-auditor auth can-i get pods --subresource=log)"
echo "5 $(yes_or_no kubectl --kubeconfig=as-auditor auth can-i create pods --subresource=exec)"
echo "6 $(yes_or_no kubectl --kubeconfig=as-operator auth can-i create pods --subresource=exec)"
echo "7 $(yes_or_no kubectl --kubeconfig=as-auditor -n "$ELSEWHERE" auth can-i list services)"
echo "8 $(yes_or_no kubectl --kubeconfig=as-operator -n "$ELSEWHERE" auth can-i list pods)"
echo "9 $(yes_or_no kubectl --kubeconfig=as-operator auth can-i get /version)"
echo "10 $(yes_or_no kubectl --kubeconfig=as-operator auth can-i get /metrics)"

# step: deployer
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
# the same account, by the name that it has as a user
WHO=system:serviceaccount:$NS:deployer
kubectl create role ship --verb=create,get,list,watch,update,patch --resource=deployments.apps
kubectl create role look --verb=get,list --resource=pods
kubectl create role read --verb=get --resource=pods/log
kubectl create role set --verb=get,update --resource=configmaps --resource-name=settings
for role in ship look read set; do
  kubectl create rolebinding "$role" --role="$role" --user="$WHO"
done
