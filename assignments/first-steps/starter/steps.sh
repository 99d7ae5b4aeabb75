# Write the commands of each exercise in its step. What they print is what you would see in your terminal.

# step: nodes
echo "show the nodes"

# step: node-details
echo "show the kernel and the engine of each node"

# step: system-pods
echo "list the pods of kube-system"

# step: ticktock
echo "make the Deployment"

# step: two-more
echo "start two more"

# step: last-lines
echo "print the last line of each of the three"
