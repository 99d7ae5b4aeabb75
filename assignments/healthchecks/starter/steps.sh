# Write the commands of each exercise in its step. The manifests that they apply stand beside this file.

# step: pods
echo "make the four pods"

# step: stall
echo "stop the loop of lease"

# step: dockercoins
echo "add the probes to DockerCoins"

# step: web
echo "make Deployment web and its Service"

# step: overload
echo "send the load to rng"
