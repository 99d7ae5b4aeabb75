"""Authentication and authorization: who the API server takes one for, and what it then lets one do."""

from __future__ import annotations

from checks import Solution, consistently, eventually, faults, graded

VIEWER_SEES = """
    subject      list pods  watch pods  list deployments.apps  list services  list configmaps  list roles
    sa/viewer    yes        yes         yes                    yes            yes              no
    sa/default   no         no          no                     no             no               no
    sa/auditor   no         no          no                     no             no               no
    user/viewer  no         no          no                     no             no               no
"""
VIEWER_CHANGES_NOTHING = """
    subject     get pods  create pods  update services  patch configmaps  delete pods  list rolebindings
    sa/viewer   yes       no           no               no                no           no
"""
# That Services can be listed there is granted to all neighbours: so the question reaches that namespace.
VIEWER_ELSEWHERE = """
    subject            list services  list pods  list configmaps  list deployments.apps  list nodes
    sa/{here}:viewer   yes            no         no               no                     no
"""
# What `view` gives is not asked of `default`: who bound that to it heard so before.
DEPLOYER_MAKES = """
    subject        get deployments.apps  list deployments.apps  create deployments.apps
    sa/deployer    yes                   yes                    yes
    sa/default     n/a                   n/a                    no
    user/deployer  no                    no                     no
"""
DEPLOYER_CHANGES = """
    subject      watch deployments.apps  update deployments.apps  patch deployments.apps
    sa/deployer  yes                     yes                      yes
    sa/default   n/a                     no                       no
"""
DEPLOYER_LEAVES = """
    subject      delete deployments.apps  * deployments.apps
    sa/deployer  no                       no
    sa/default   no                       no
"""
DEPLOYER_READS = """
    subject       get pods  list pods  get pods/log  create pods  delete pods  watch pods  list configmaps
    sa/deployer   yes       yes        yes           no           no           no          no
"""
DEPLOYER_SETS = """
    subject       get configmaps settings  update configmaps settings  delete configmaps settings
    sa/deployer   yes                      yes                         no
    sa/default    n/a                      no                          no
"""
DEPLOYER_BEYOND = """
    subject       get replicasets.apps  list services  create configmaps  patch configmaps settings
    sa/deployer   no                    no             no                 no
"""
DEPLOYER_OF_NAMES = """
    subject       get configmaps kubeconfig  update configmaps kubeconfig  list configmaps settings
    sa/deployer   no                         no                            no
"""
DEPLOYER_ELSEWHERE = """
    subject              list services  list pods  list deployments.apps  get configmaps settings
    sa/{here}:deployer   yes            no         no                     no
"""
# The questions of step `can-i`, as the authorizer answers them.
OF_NAMES = """
    subject       get configmaps settings  get configmaps kubeconfig  list configmaps
    sa/auditor    yes                      no                         no
"""
OF_PARTS_AND_PATHS = """
    subject       get pods/log  create pods/exec  get /version  get /metrics
    sa/auditor    yes           no                n/a           n/a
    sa/operator   n/a           yes               yes           no
"""
OF_THE_NEIGHBOUR = """
    subject              list services  list pods
    sa/{here}:auditor    yes            n/a
    sa/{here}:operator   n/a            no
"""
AT_FIRST = ("1 yes", "4 yes", "5 no", "6 yes", "7 yes")
AFTERWARDS = ("1 no", "4 no", "5 yes", "6 no", "7 no")
"""What `can-i` prints when the bindings are for the other account."""
ALWAYS = ("2 no", "3 no", "8 no", "9 yes", "10 no")
# Each question with its answer, and with what is said to whoever gives another one.
FULL_RIGHTS = {
    "admin-group": (
        "system:masters",
        {
            "system:authenticated": "everybody with a valid certificate or token is in that one",
            "kubernetes-admin": "that is the CN, which is the user: groups come from another field",
        },
    ),
    "admin-role": (
        "cluster-admin",
        {
            "admin": "that one is for a namespace, and may not even change its quotas",
            "view": "that one only looks, and at no Secrets",
        },
    ),
    "bound-by-name": (
        "no",
        {"yes": "search all bindings for the user's name: the group is what they know"},
    ),
    "certificate-taken-back": (
        "not at all",
        {
            "by deleting a Secret": "no Secret holds it: who has the file has the certificate",
            "by kubectl config unset": "that changes a file on one computer, and others may have a copy",
            "by deleting the user": "there are no users in the API that one could delete",
        },
    ),
}
LIVE_WITH_IT = {"short-lived certificates", "rights for users in place of groups", "a new CA"}
NO_WAY_TO_LIVE_WITH_IT = {
    "longer keys": "it is not guessed: whoever has the file need not guess",
    "a Secret for each certificate": "to delete it leaves the certificate valid",
}
AGGREGATION = {
    "what-to-make": (
        "ClusterRole",
        {
            "RoleBinding": "then each of those who have `view` needs one: the role itself does not grow",
            "Role": "a Role is of one namespace, and the rules of `view` are collected from elsewhere",
        },
    ),
    "its-label": (
        "rbac.authorization.k8s.io/aggregate-to-view",
        {
            "rbac.authorization.k8s.io/aggregate-to-edit": "edit contains view, not the other way round",
            "rbac.authorization.k8s.io/aggregate-to-admin": "admin contains view, not the other way round",
            "kubernetes.io/bootstrapping": "that says where a role came from, and nobody collects by it",
        },
    ),
    "edit-of-view": (
        "it is overwritten",
        {
            "it stays": "a controller writes the collected rules over whatever stands there",
            "it is refused": "an administrator may write it; it is what follows that counts",
        },
    ),
    "when-it-is-deleted": (
        "the right goes",
        {"the right stays": "the rules are collected anew at each change, from the roles that there are"},
    ),
}


@graded(
    points=2,
    after="who-am-i",
    observes=("who-am-i/1", "who-am-i/2", "who-am-i/3"),
    hints=(
        "Run the step by hand, and compare with the context that is the current one: is it this user?",
        "The file has several users, and the first one need not be meant: the current context names one. "
        "What it is called in the file is not what the API server calls it: that is in the certificate.",
        "kubectl config view can leave out all but the current context, and shows certificates when told to. "
        "openssl then tells the subject: CN is the user, and each O is a group.",
    ),
    cites=(
        "The user name is derived from the CN in the client certificates",
        "The groups are derived from the O fields in the client certificate",
    ),
)
def test_certificate_is_read(app: Solution) -> None:
    """Step `who-am-i` prints user and groups of the current context's certificate, and nothing else."""
    step, kubeconfig = app.step("who-am-i"), app.object("ConfigMap", "kubeconfig")
    eventually(step).prints_lines("user ada.lovelace", "group analysts", "group engine-room")
    config = str(kubeconfig.read()["data"]["config"])
    at_night = config.replace("current-context: day", "current-context: night")
    with faults.changed(kubeconfig, data={"config": at_night}):
        eventually(step).prints_lines("user grace.hopper", "group compilers", "group navy")


@graded(
    points=2,
    after="token-call",
    observes=("token-call/1", "token-call/2", "token-call/3"),
    hints=(
        "Look at the whole answer that curl gets, with the token and without it: whom does it name?",
        "Since Kubernetes 1.24 no Secret with a token is there, and none is needed: kubectl has a command "
        "that asks for a token of an account of your namespace, and prints it.",
        "kubectl create has a kind token. Send what it prints in a header of curl, as a Bearer; curl also "
        "writes the code of the answer, and jq takes the message out of it.",
    ),
    cites=(
        "Without authentication, the user is system:anonymous",
        'The API "sees" us as a different user',
    ),
)
def test_token_is_known(app: Solution) -> None:
    """Step `token-call` prints the API's answers with a token of `default` and without; no Secret stays."""
    step, nobody = app.step("token-call"), ("403 system:anonymous", "401")
    eventually(step).prints_lines(f"403 system:serviceaccount:{app.namespace}:default", nobody)
    account = {"kind": "ServiceAccount", "name": "default", "namespace": app.namespace}
    anybody = {"kind": "User", "name": "system:anonymous", "apiGroup": "rbac.authorization.k8s.io"}
    with faults.changed(app.object("RoleBinding", "visitors"), subjects=[account, anybody]):
        eventually(step).prints_lines("200", ("200", "401"))
    eventually(app.object("ResourceQuota", "room")).matches({"status": {"used": {"secrets": "0"}}})


@graded(
    points=3,
    after="viewer",
    observes=(
        "viewer-can-view/1",
        "viewer-can-view/2",
        "viewer-can-view/3",
        "viewer-can-view/4",
        "viewer-can-view/5",
    ),
    hints=(
        "Ask the cluster itself: kubectl auth can-i, on behalf of the service account.",
        "A binding names a role by kind and name, and whom it is for by kind, name and namespace. The API "
        "takes it even if nothing has these names. Look at it with kubectl describe.",
        "The role is the cluster's own, so it is a ClusterRole; whom it is for is a service account, and "
        "kubectl wants its namespace before a colon, which is yours. The binding itself is of a namespace.",
    ),
    cites=(
        "We will use a default cluster role (view)",
        "we would have bound the role view from the local namespace",
        "we would have bound the role to a user instead of a service account",
    ),
)
def test_viewer_can_view(app: Solution) -> None:
    """`viewer` may look at its own namespace by RoleBinding `viewercanview`, and do nothing else."""
    beyond = VIEWER_ELSEWHERE.format(here=app.namespace)
    eventually(app.access).grants_only(VIEWER_SEES)
    consistently(app.access, during=1).grants_only(VIEWER_CHANGES_NOTHING)
    consistently(app.elsewhere.access, during=1).grants_only(beyond)
    viewer = {"kind": "ServiceAccount", "name": "viewer", "namespace": app.namespace}
    binding = {"roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [viewer]}
    eventually(app.object("RoleBinding", "viewercanview")).matches(binding)


@graded(
    points=2,
    after="eyepod",
    needs=test_viewer_can_view,
    observes=("viewer-can-view/6", "eyepod/1", "eyepod/2", "eyepod/3"),
    hints=(
        "Run the step by hand, without its errors (2>/dev/null): what is left is what counts. Then look "
        "which pods there are.",
        "A pod runs as the service account that its spec names, or as default. kubectl in a pod finds the "
        "token by itself. What it is refused, it says on standard error.",
        "Give kubectl run the account by --overrides, as JSON with the spec's serviceAccountName, and "
        "have the pod removed when it is done. In the pod, send errors to where the output goes.",
    ),
    cites=(
        "A pod can be associated with a service account",
        "So Kubernetes tools running in a pod will automatically use the service account",
        "Check that we can, indeed, view things:",
        "But that we can't create things:",
    ),
)
def test_pod_looks_as_viewer(app: Solution) -> None:
    """Step `eyepod` shows from a pod that `viewer` sees pods and makes no Deployment; nothing is left."""
    step, room = app.step("eyepod"), app.object("ResourceQuota", "room")
    eventually(app.object("Pod", "eyepod")).is_gone()
    consistently(app.object("Deployment", "testrbac"), during=1).is_gone()
    eventually(step).prints(
        lambda: [pod.name for pod in app.deployment("web").pods],
        ("deployments.apps", "forbidden"),
        f"system:serviceaccount:{app.namespace}:viewer",
    )
    # What is asked without a pod is answered all the same where there is no room for one.
    with faults.changed(room, spec={"hard": {"pods": "0"}}):
        eventually(room).matches({"status": {"hard": {"pods": "0"}}})
        eventually(step).fails()


@graded(
    points=2,
    after="can-i",
    observes=("can-i-matrix/1", "can-i-matrix/2", "can-i-matrix/3"),
    hints=(
        "Who is asked about? Without an option, kubectl asks about yourself.",
        "A service account is a user with a long name, of four parts with colons between them. What stands "
        "behind a slash is the name of one object to kubectl; a part such as the log has its own option.",
        "kubectl auth can-i takes --as for the account, --subresource for log and exec, and a path that "
        "begins with a slash in place of a resource. A no is an exit code, too.",
    ),
    cites=(
        "And we can check permissions on behalf of other users:",
        "in some case, subresources (e.g. logs are subresources of pods)",
    ),
)
def test_questions_are_answered(app: Solution) -> None:
    """Step `can-i` answers ten questions about two accounts, also when bindings are for the other one."""
    step, here = app.step("can-i"), app.namespace
    eventually(app.access).grants_only(OF_NAMES)
    consistently(app.access, during=1).grants_only(OF_PARTS_AND_PATHS)
    consistently(app.elsewhere.access, during=1).grants_only(OF_THE_NEIGHBOUR.format(here=here))
    eventually(step).prints_lines(*AT_FIRST, *ALWAYS)
    auditor = {"kind": "ServiceAccount", "name": "auditor", "namespace": here}
    operator = {**auditor, "name": "operator"}
    with (
        faults.changed(app.object("RoleBinding", "auditor-reads-settings"), subjects=[operator]),
        faults.changed(app.object("RoleBinding", "auditor-reads-logs"), subjects=[operator]),
        faults.changed(app.object("RoleBinding", "commands"), subjects=[auditor]),
        faults.changed(app.elsewhere.object("RoleBinding", "neighbours-look"), subjects=[operator]),
    ):
        eventually(step).prints_lines(*AFTERWARDS, *ALWAYS)


@graded(
    points=3,
    after="deployer",
    observes=("least-privilege-role/1", "least-privilege-role/2", "least-privilege-role/3"),
    hints=(
        "Which of the answers is not as the task says? Is it something too much, or something too little?",
        "A rule is verbs, resources, and the group of the API that the resources are in. Where only one "
        "object is meant, its name is in the rule; to list or to create has no name yet.",
        "It takes three rules: one for Deployments, in the group apps; one for pods and what is a part of "
        "them, written with a slash; one for a single ConfigMap, with its resourceNames.",
    ),
    cites=(
        "RBAC allows to specify fine-grained permissions",
        "verbs like create, get, list, update, delete...",
        "resource names (to specify e.g. one specific pod instead of all pods)",
    ),
)
def test_deployer_has_least_privilege(app: Solution) -> None:
    """`deployer` may manage Deployments, read pods and their logs, change `settings`, and nothing else."""
    beyond = DEPLOYER_ELSEWHERE.format(here=app.namespace)
    eventually(app.access).grants_only(DEPLOYER_MAKES)
    consistently(app.access, during=1).grants_only(DEPLOYER_CHANGES)
    consistently(app.access, during=1).grants_only(DEPLOYER_LEAVES)
    consistently(app.access, during=1).grants_only(DEPLOYER_READS)
    consistently(app.access, during=1).grants_only(DEPLOYER_SETS)
    consistently(app.access, during=1).grants_only(DEPLOYER_OF_NAMES)
    consistently(app.access, during=1).grants_only(DEPLOYER_BEYOND)
    consistently(app.elsewhere.access, during=1).grants_only(beyond)


@graded(
    points=1,
    after="who-am-i",
    observes=("system-masters-origin/1", "system-masters-origin/2", "system-masters-origin/3"),
    hints=(
        "Look at the certificate of break-glass, then search the bindings of the cluster for what it says.",
        "A binding names users and groups. One of the two is in a binding that every cluster has from its "
        "first minute, the other one is in none.",
        "Describe the ClusterRoleBinding that bears the same name as the role of root. And what the API "
        "server does not store, nobody can delete from it.",
    ),
    cites=(
        "The Kubernetes API server does not support certificate revocation",
        "(system:masters should show up, but not kubernetes-admin.)",
        "This binding associates system:masters with the cluster role cluster-admin",
    ),
)
def test_full_rights_are_explained(app: Solution) -> None:
    """The answers say what gives an administrator's certificate all rights, and how it is taken back."""
    binding = app.object("ClusterRoleBinding", "cluster-admin", namespaced=False)
    eventually(binding).matches(
        {
            "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "Group", "name": "system:masters"}],
        }
    )
    eventually(app.answer("admin-binding")).is_name_of(
        binding,
        decoys={
            "kubernetes-admin": "there is no such binding: that is the user's name",
            "system:masters": "there is no such binding: that is the group's name",
            "kubeadm:cluster-admins": "that one is for another group, which this certificate does not have",
        },
    )
    for question, (word, others) in FULL_RIGHTS.items():
        eventually(app.answer(question)).is_text(word, decoys=others)
    eventually(app.answer("live-with-it")).is_one_of(LIVE_WITH_IT, decoys=NO_WAY_TO_LIVE_WITH_IT)


@graded(
    points=1,
    after="who-am-i",
    observes=("aggregate-to-view/4",),
    hints=(
        "Look at ClusterRole view as YAML: what stands beside its rules?",
        "Its rules are collected, from all roles of the cluster that carry one label. So nobody has to "
        "touch it, nor any binding.",
        "The selector in aggregationRule names the label, whose value is true. What is collected is written "
        "by a controller, over what was there, and anew at each change.",
    ),
    cites=(
        "you can do it through the ClusterRole Aggregation mechanism",
        "This ClusterRole permissions will be added to admin/edit/view respectively",
    ),
)
def test_aggregation_is_understood(app: Solution) -> None:
    """The answers say how rules get into ClusterRole `view`, and what becomes of an edit of it."""
    label = {"matchLabels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}}
    view = app.object("ClusterRole", "view", namespaced=False)
    eventually(view).matches({"aggregationRule": {"clusterRoleSelectors": [label]}})
    for question, (word, others) in AGGREGATION.items():
        eventually(app.answer(question)).is_text(word, decoys=others)
