# The address that the caller has today, in place of its label.

# step: deny-all
kubectl apply -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-all-for-testweb
spec:
  podSelector:
    matchLabels: {app: testweb}
  ingress: []
END

# step: allow-testcurl
IP=$(kubectl get pod caller-testcurl -o jsonpath='{.status.podIP}')
kubectl apply -f - <<END
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-testcurl-for-testweb
spec:
  podSelector:
    matchLabels: {app: testweb}
  ingress:
  - from:
    - ipBlock: {cidr: $IP/32}
END

# step: isolate
kubectl apply -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-from-other-namespaces
spec:
  podSelector: {}
  ingress:
  - from:
    - podSelector: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-webui
spec:
  podSelector:
    matchLabels: {app: webui}
  ingress:
  - from: []
END

# step: port-and-cidr
kubectl -n "$ELSEWHERE" apply -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dmz-to-internal
spec:
  podSelector:
    matchLabels: {zone: internal}
  ingress:
  - from:
    - podSelector:
        matchLabels: {zone: dmz}
    - ipBlock:
        cidr: 4.42.6.0/24
        except: [4.42.6.5/32]
    ports:
    - port: 8000
    - port: 8080
END

# step: cleanup
kubectl delete networkpolicies --all
