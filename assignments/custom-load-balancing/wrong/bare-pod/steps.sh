# step: 1
kubectl run v1-nginx --image=nginx --labels=app=v1-nginx,myapp=web
kubectl create service clusterip v1-nginx --tcp=80
kubectl set selector service v1-nginx myapp=web
kubectl create deployment v2-apache --image=httpd
kubectl patch deployment v2-apache -p '{"spec": {"template": {"metadata": {"labels": {"myapp": "web"}}}}}'
kubectl rollout status deployment v2-apache
