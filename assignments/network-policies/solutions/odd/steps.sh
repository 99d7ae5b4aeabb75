# Expressions, namespaces by their name, a rule for each port, and policies that are changed when they are there.

# step: deny-all
kubectl create -f - <<'END'
{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny-all-for-testweb"},
 "spec": {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["testweb"]}]},
          "policyTypes": ["Ingress"]}}
END

# step: allow-testcurl
here=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl get networkpolicy deny-all-for-testweb -o json |
  jq --arg here "$here" '{apiVersion, kind, spec} * {
    metadata: {name: "allow-testcurl-for-testweb"},
    spec: {ingress: [{
      from: [{namespaceSelector: {matchLabels: {"kubernetes.io/metadata.name": $here}},
              podSelector: {matchExpressions: [{key: "run", operator: "In", values: ["testcurl"]}]}}],
      ports: [{protocol: "TCP", port: 80}]}]}}' |
  kubectl create -f -

# step: isolate
here=$(kubectl config view --minify -o jsonpath='{..namespace}')
kubectl create -f - <<END
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-from-other-namespaces
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
  - from:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: $here}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-webui
spec:
  podSelector:
    matchExpressions:
    - {key: app, operator: In, values: [webui]}
  ingress:
  - ports:
    - {protocol: TCP, port: 80}
END

# step: port-and-cidr
kubectl -n "$ELSEWHERE" create -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dmz-to-internal
spec:
  podSelector:
    matchLabels: {zone: internal}
  ingress:
  - ports: [{port: 8000}]
    from:
    - ipBlock: {cidr: 4.42.6.0/24, except: [4.42.6.5/32]}
    - podSelector:
        matchLabels: {zone: dmz}
  - ports: [{port: 8080}]
    from:
    - podSelector:
        matchLabels: {zone: dmz}
    - ipBlock: {cidr: 4.42.6.0/24, except: [4.42.6.5/32]}
END

# step: cleanup
kubectl get networkpolicies -o name | xargs kubectl delete
