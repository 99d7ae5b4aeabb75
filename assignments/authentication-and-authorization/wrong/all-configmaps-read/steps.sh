# step: who-am-i
kubectl get configmap kubeconfig -o jsonpath='{.data.config}' > config
kubectl --kubeconfig=config config view --raw --minify -o json \
  | jq -r '.users[0].user["client-certificate-data"]' | openssl base64 -d -A \
  | openssl x509 -noout -subject -nameopt multiline > subject
sed -n 's/^ *commonName *= /user /p; s/^ *organizationName *= /group /p' subject

# step: token-call
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
TOKEN=$(kubectl create token default)
call() {
  code=$(curl -sk -o reply -w '%{http_code}' "$@" "https://kubernetes.default/api/v1/namespaces/$NS/pods")
  echo "$code $(jq -r '.message // ""' reply | grep -o 'system:[a-z0-9:-]*')"
}
call -H "Authorization: Bearer $TOKEN"
call

# step: viewer
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl create serviceaccount viewer
kubectl create rolebinding viewercanview --clusterrole=view --serviceaccount="$NS:viewer"

# step: eyepod
kubectl run eyepod --rm -i --wait --quiet --restart=Never --image=bretfisher/shpod \
  --overrides='{"apiVersion": "v1", "spec": {"serviceAccountName": "viewer"}}' -- bash -s <<'END'
kubectl get pods
kubectl create deployment testrbac --image=nginx 2>&1 || true
END

# step: can-i
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
ask() {
  number=$1 account=$2
  shift 2
  if kubectl auth can-i --quiet --as="system:serviceaccount:$NS:$account" "$@"; then
    echo "$number yes"
  else
    echo "$number no"
  fi
}
ask 1 auditor get configmaps/settings
ask 2 auditor get configmaps/kubeconfig
ask 3 auditor list configmaps
ask 4 auditor get pods --subresource=log
ask 5 auditor create pods --subresource=exec
ask 6 operator create pods --subresource=exec
ask 7 auditor list services -n "$ELSEWHERE"
ask 8 operator list pods -n "$ELSEWHERE"
ask 9 operator get /version
ask 10 operator get /metrics

# step: deployer
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl create role deployer-deployments --verb=create,get,list,watch,update,patch --resource=deployments.apps
kubectl create role deployer-pods --verb=get,list --resource=pods,pods/log
kubectl create role deployer-settings --verb=update --resource=configmaps --resource-name=settings
kubectl create role deployer-reads --verb=get --resource=configmaps
for role in deployer-deployments deployer-pods deployer-settings deployer-reads; do
  kubectl create rolebinding "$role" --role="$role" --serviceaccount="$NS:deployer"
done
