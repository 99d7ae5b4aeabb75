# Write the commands of each exercise in its step.

# step: who-am-i
echo "print user and groups of the certificate in ConfigMap kubeconfig"

# step: token-call
echo "ask for pods with a token and without, and print who you are taken for"

# step: viewer
echo "make viewer, and bind it to view"

# step: eyepod
echo "look around in a pod of viewer's"

# step: can-i
echo "answer the questions"

# step: deployer
echo "give deployer what it needs"
