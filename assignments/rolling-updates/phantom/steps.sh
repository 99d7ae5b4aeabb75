# step: strategies
echo '{}'

# step: update
kubectl apply -f nothing.yaml

# step: stuck
true

# step: undo
true

# step: undo-again
true

# step: known-good
true

# step: careful-patch
true
