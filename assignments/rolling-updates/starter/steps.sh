# Write the commands of each exercise in its step.

# step: strategies
echo "print name, maxSurge and maxUnavailable of each Deployment, as JSON"

# step: update
echo "update worker to v0.2, and wait"

# step: stuck
echo "update it to v0.3, which does not exist"

# step: undo
echo "roll back"

# step: undo-again
echo "roll back once more"

# step: known-good
echo "find the revision of v0.1 in the history, and go back to it"

# step: careful-patch
echo "change four values at once"
