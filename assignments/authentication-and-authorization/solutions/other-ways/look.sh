# What kubectl would do, by hand: the API with the token that is mounted.
cd /var/run/secrets/kubernetes.io/serviceaccount
ask() { curl -s --cacert ca.crt -H "Authorization: Bearer $(cat token)" "$@"; }
ask "https://kubernetes.default/api/v1/namespaces/$(cat namespace)/pods"
ask -X POST -H "Content-Type: application/json" -d '{"metadata": {"name": "testrbac"}}' \
  "https://kubernetes.default/apis/apps/v1/namespaces/$(cat namespace)/deployments"
