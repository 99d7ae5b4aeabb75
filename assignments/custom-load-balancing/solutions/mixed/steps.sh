# Version 1 from a manifest, version 2 by commands.

# step: version 1
kubectl apply -f nginx.yaml
kubectl rollout status deployment v1-nginx

# step: version 2
kubectl create deployment v2-apache --image=httpd
kubectl patch deployment v2-apache -p '{"spec": {"template": {"metadata": {"labels": {"myapp": "web"}}}}}'
kubectl rollout status deployment v2-apache
