# Named ports, other ways to ask, and what is there changed as JSON; the load is many questions, each for more bytes.

# step: a look at what is there
kubectl get deployments

# step: Pods
kubectl create -f - <<END
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: rng-with-liveness}
  spec:
    containers:
    - name: rng
      image: dockercoins/rng:v0.1
      ports: [{name: http, containerPort: 80}]
      livenessProbe: {httpGet: {port: http}, initialDelaySeconds: 10, periodSeconds: 1, timeoutSeconds: 5}
- apiVersion: v1
  kind: Pod
  metadata: {name: redis-with-liveness}
  spec:
    restartPolicy: OnFailure
    containers:
    - name: redis
      image: redis
      livenessProbe:
        exec: {command: [redis-cli, ping]}
        initialDelaySeconds: 2
        periodSeconds: 7
        timeoutSeconds: 4
        failureThreshold: 2
        terminationGracePeriodSeconds: 3
- apiVersion: v1
  kind: Pod
  metadata: {name: lease}
  spec:
    restartPolicy: OnFailure
    terminationGracePeriodSeconds: 2
    containers:
    - name: worker
      image: alpine
      args: [sh, -c, 'until false; do [ -f /tmp/stop ] || touch /tmp/alive; sleep 2; done']
      livenessProbe:
        exec: {command: [sh, -c, '[ \$((\$(stat -c %Y /tmp/alive) + 10)) -gt \$(date +%s) ]']}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 1
- apiVersion: v1
  kind: Pod
  metadata: {name: slow-start}
  spec:
    containers:
    - name: nginx
      image: nginx
      command: [sh, -c, "sleep 20; exec nginx -g 'daemon off;'"]
      ports: [{name: http, containerPort: 80}]
      startupProbe: {httpGet: {path: /index.html, port: http}, periodSeconds: 10, failureThreshold: 9}
      livenessProbe: {httpGet: {port: http}, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2}
END

# step: stall
kubectl exec lease -c worker -- cp /dev/null /tmp/stop

# step: dockercoins
kubectl delete pods --now rng-with-liveness redis-with-liveness lease slow-start
kubectl get deployments rng hasher webui -o json |
  jq 'del(.items[].metadata.resourceVersion) | .items[].spec.template.spec.containers[0] += {
    ports: [{name: "http", containerPort: 80}],
    livenessProbe: {httpGet: {path: "/", port: "http"}, initialDelaySeconds: 30, periodSeconds: 5}
  }' | kubectl replace -f -
kubectl get deployment redis -o json |
  jq 'del(.metadata.resourceVersion) | .spec.template.spec.shareProcessNamespace = true
    | .spec.template.spec.containers[0].livenessProbe = {
        exec: {command: ["redis-cli", "ping"]}, initialDelaySeconds: 30, periodSeconds: 5, timeoutSeconds: 8
      }' | kubectl replace -f -

# step: web
kubectl create -f - <<END
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {tier: front}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  progressDeadlineSeconds: 20
  strategy: {rollingUpdate: {maxUnavailable: 0%}}
  selector:
    matchLabels: {tier: front}
  template:
    metadata:
      labels: {tier: front}
    spec:
      containers:
      - name: server
        image: nginx
        ports: [{name: http, containerPort: 80}]
        lifecycle:
          postStart: {exec: {command: [cp, /dev/null, /usr/share/nginx/html/healthy]}}
        readinessProbe:
          httpGet: {path: /healthy, port: http}
          periodSeconds: 1
          timeoutSeconds: 5
          successThreshold: 2
END

# step: overload
pod=$(kubectl get pods -l app=rng -o name)
kubectl get "$pod" -o jsonpath='{..restartCount}' > before
kubectl run load --restart=Never --image=bretfisher/shpod -- \
  sh -c 'seq 900 | xargs -P 40 -I N curl -s -o /dev/null -m 20 http://rng/N'
for second in $(seq 100); do
  kubectl get "$pod" -o jsonpath='{..restartCount}' | cmp -s - before || break
  sleep 1
done
kubectl delete pod load --now
