# A rule for a port that nobody listens on today: whoever does so tomorrow is open.

# step: deny-all
kubectl apply -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-all-for-testweb
spec:
  podSelector:
    matchLabels: {app: testweb}
  ingress:
  - ports:
    - {protocol: TCP, port: 443}
END

# step: allow-testcurl
kubectl apply -f - <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-testcurl-for-testweb
spec:
  podSelector:
    matchLabels: {app: testweb}
  ingress:
  - from:
    - podSelector:
        matchLabels: {run: testcurl}
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
