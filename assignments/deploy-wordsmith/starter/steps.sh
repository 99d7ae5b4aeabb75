# Write the commands of each exercise in its step.

# step: deployments
echo "make a Deployment for each component"

# step: services
echo "let the parts find each other"

# step: web-frontend
echo "let a browser in"

# step: scale-the-api
echo "and now five of them"
