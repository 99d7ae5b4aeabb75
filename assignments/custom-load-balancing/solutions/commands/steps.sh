# The course's own commands. Where it says `kubectl edit`, `kubectl patch` makes the same change without an editor.

# step: 1.1
# a deployment of NGINX
kubectl create deployment v1-nginx --image=nginx
kubectl rollout status deployment v1-nginx

# step: 1.2
# expose it
kubectl expose deployment v1-nginx --port=80

# step: 1.3
# it answers
curl --silent --fail --max-time 5 --retry 10 --retry-all-errors --retry-delay 1 http://v1-nginx

# step: 2.2
# a label for the service only, chosen in 2.1
kubectl patch service v1-nginx --type=json -p '[{"op": "replace", "path": "/spec/selector", "value": {"myapp": "web"}}]'

# step: 2.4
# the label on the pods
kubectl patch deployment v1-nginx -p '{"spec": {"template": {"metadata": {"labels": {"myapp": "web"}}}}}'
kubectl rollout status deployment v1-nginx

# step: 3.1
# a deployment of Apache
kubectl create deployment v2-apache --image=httpd

# step: 3.2
# the same label on its pods
kubectl patch deployment v2-apache -p '{"spec": {"template": {"metadata": {"labels": {"myapp": "web"}}}}}'
kubectl rollout status deployment v2-apache

# step: 3.3
# both answer
curl --silent --fail --max-time 5 http://v1-nginx
