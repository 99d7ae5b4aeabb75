# Write the commands of each exercise in its step.

# step: deny-all
echo "close testweb"

# step: allow-testcurl
echo "let testcurl in"

# step: isolate
echo "keep DockerCoins to its namespace, but for its page"

# step: port-and-cidr
echo "two ports, for the dmz and a subnet"

# step: cleanup
echo "and leave nothing behind"
