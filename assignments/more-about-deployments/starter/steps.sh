# Write the commands of each exercise in its step. What they print is what you would see in your terminal.

# step: littletomcat
echo "make the Deployment"

# step: pod-ip
echo "print the address of its pod"

# step: ping
echo "ping that address, from another pod"

# step: delete-the-pod
echo "delete the pod"

# step: what-happens
echo "print the address, delete the pod, print the address"

# step: stable-address
echo "make the Service"

# step: curl-by-dns
echo "ask Tomcat by the name of the Service"
