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
echo '1 yes'
echo '2 no'
echo '3 no'
echo '4 yes'
echo '5 no'
echo '6 yes'
echo '7 yes'
echo '8 no'
echo '9 yes'
echo '10 no'

# step: deployer
NS=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl create role deployer-deployments --verb=create,get,list,watch,update,patch --resource=deployments.apps
kubectl create role deployer-pods --verb=get,list --resource=pods,pods/log
kubectl create role deployer-settings --verb=get,update --resource=configmaps --resource-name=settings
for role in deployer-deployments deployer-pods deployer-settings; do
  kubectl create rolebinding "$role" --role="$role" --serviceaccount="$NS:deployer"
done
