# What kubectl can make is made by it; probes are patches of what is there.

# step: pods
kubectl run rng-with-liveness --image=dockercoins/rng:v0.1 --dry-run=client -o json |
  jq '.spec.containers[0] += {
    name: "rng",
    livenessProbe: {httpGet: {path: "/", port: 80}, initialDelaySeconds: 10, periodSeconds: 1, failureThreshold: 5}
  }' | kubectl create -f -
kubectl run redis-with-liveness --image=redis --override-type=strategic --overrides='
  {"spec": {"containers": [{
    "name": "redis-with-liveness",
    "livenessProbe": {"exec": {"command": ["redis-cli", "ping"]}, "periodSeconds": 10, "timeoutSeconds": 5,
                      "failureThreshold": 1, "terminationGracePeriodSeconds": 2}
  }]}}'
kubectl run lease --image=alpine --override-type=strategic --overrides='
  {"spec": {"containers": [{
    "name": "lease",
    "args": ["sh", "-c", "trap exit TERM; while sleep 2; do [ -e /tmp/stop ] || date +%s > /tmp/alive; done"],
    "livenessProbe": {"exec": {"command": ["sh", "-c", "[ $(($(date +%s) - $(cat /tmp/alive))) -le 10 ]"]},
                      "periodSeconds": 6, "timeoutSeconds": 5, "failureThreshold": 2}
  }]}}'
kubectl run slow-start --image=nginx --override-type=strategic --overrides='
  {"spec": {"containers": [{
    "name": "slow-start", "command": ["sh", "-c", "sleep 20; exec nginx -g '"'daemon off;'"'"],
    "startupProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 2, "failureThreshold": 60},
    "livenessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5, "timeoutSeconds": 4}
  }]}}'

# step: stall
kubectl exec lease -- sh -c ': > /tmp/stop'

# step: dockercoins
kubectl delete pod rng-with-liveness redis-with-liveness lease slow-start --now
for name in rng hasher webui; do
  kubectl patch deployment $name --type=json --patch='[{
    "op": "add", "path": "/spec/template/spec/containers/0/livenessProbe",
    "value": {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 30, "periodSeconds": 5}
  }]'
done
kubectl patch deployment redis --patch='
spec:
  template:
    spec:
      shareProcessNamespace: true
      containers:
      - name: redis
        livenessProbe:
          exec:
            command: [redis-cli, ping]
          initialDelaySeconds: 30
          periodSeconds: 5
          timeoutSeconds: 10
'

# step: web
kubectl create deployment web --image=nginx --replicas=2
kubectl patch deployment web --patch='
spec:
  progressDeadlineSeconds: 20
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    spec:
      containers:
      - name: nginx
        args: [sh, -c, "echo fine > /usr/share/nginx/html/healthy && exec nginx -g \"daemon off;\""]
        readinessProbe:
          httpGet:
            path: /healthy
            port: 80
          periodSeconds: 3
          timeoutSeconds: 2
'
kubectl expose deployment web --port=80

# step: overload
restarts() { kubectl get pods -l app=rng -o jsonpath='{.items[0].status.containerStatuses[0].restartCount}'; }
before=$(restarts)
yes http://rng/1 | head -n 900 | xargs -n 1 -P 30 curl --silent --output /dev/null --max-time 20 &
load=$!
until [ "$(restarts)" -gt "$before" ]; do sleep 2; done
kill $load || true
