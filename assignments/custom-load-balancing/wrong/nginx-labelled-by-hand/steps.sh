# The label is given to the pods that run, and not to the template that later ones are made of.
# step: 1
kubectl create deployment v1-nginx --image=nginx
kubectl create deployment v2-apache --image=httpd
kubectl create service clusterip v1-nginx --tcp=80
kubectl rollout status deployment v1-nginx
kubectl rollout status deployment v2-apache

# step: 2
kubectl label pod -l app=v1-nginx myapp=web
kubectl patch deployment v2-apache -p '{"spec": {"template": {"metadata": {"labels": {"myapp": "web"}}}}}'
kubectl rollout status deployment v2-apache
kubectl set selector service v1-nginx myapp=web
