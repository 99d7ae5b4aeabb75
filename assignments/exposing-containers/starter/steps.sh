# Write the commands of each exercise in its step.

# step: httpenv
echo "run 4 pods of httpenv, and expose them"

# step: ask
echo "print the name of the pod that answers"

# step: k8s
echo "make another name for kubernetes.io"

# step: endpoints
echo "print the endpoints of httpenv, and compare them with its pods"

# step: headless
echo "give the pods of httpenv a name, and no address in between"

# step: names
echo "ask the cluster's DNS for httpenv"

# step: cleanup
echo "remove httpenv"
