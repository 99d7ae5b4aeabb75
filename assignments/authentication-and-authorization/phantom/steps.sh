# step: who-am-i
echo "user nobody"

# step: token-call
echo "403"

# step: viewer
kubectl apply -f nothing.yaml

# step: eyepod
echo "forbidden"

# step: can-i
echo "1 no"

# step: deployer
true
