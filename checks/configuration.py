"""Containers as their processes find them: environment, command line, files, and what is mounted."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from checks.cluster import File, Object
from checks.contents import LONG, is_there, refuse_no_content, unlike, wished
from checks.errors import CheckFailed, UsageError
from checks.message import listed, shorten
from checks.mounts import Origin, holds, mounts_of, not_here, one_source, refuse_no_path, volumes_of, what
from checks.noun import Noun, check
from checks.objects import container_statuses, dig, name
from checks.pod_resources import Amounts, moving, refuse_no_amounts, unlike_amounts, why_amount, wish_of
from checks.rest import WORKLOADS
from checks.things import Absent
from checks.variables import Field, Seen, Variables, Wrong, differing, refuse_no_variables, wish

if TYPE_CHECKING:
    from checks.pods import Pod
    from checks.workloads import Workload

_CAUSES = 3
"""Variables that one message explains."""


class Container(Noun):
    """One container of a workload's pods, or of one pod, as it is seen from inside of every Ready pod.

    Init containers are not meant: they have ended when a pod is Ready.

    >>> eventually(app.deployment("web").container("main")).has_environment(COLOUR="blue")
    """

    kind = "Container"
    kinds: ClassVar[tuple[str, ...]] = (*WORKLOADS, "Pod", "ConfigMap", "Secret")
    patience = 120.0
    """The kubelet refreshes volumes when it syncs a pod, which it does each 60 to 90 seconds.

    A mounted ConfigMap was measured to follow after 71 s on a cluster that is not ours.
    """

    def __init__(self, of: Workload | Pod, name: str | None = None) -> None:
        """`name` may be left out when there is one container only."""
        super().__init__(of.cluster, of.namespace, of.name if name is None else name)
        self.of, self.wanted = of, name

    def __str__(self) -> str:
        return f"container `{self.wanted}` of {self.of}" if self.wanted else f"the container of {self.of}"

    def get(self) -> Object | None:
        """Read whose container it is; None when that does not exist."""
        return self.of.get()

    def absent(self) -> CheckFailed:
        """Return the failure of a container whose workload or pod does not exist."""
        return self.of.absent()

    def spec(self, obj: Object) -> Object:
        """Return the container in what pods are made from.

        Raises:
            CheckFailed: there is no such container, or no name and not exactly one.
        """
        template = self.of.template(obj)
        containers: list[Object] = dig(template, "spec", "containers", default=[])
        fits = [item for item in containers if self.wanted in (None, item.get("name"))]
        if len(fits) == 1:
            return fits[0]
        initial = [item.get("name") for item in dig(template, "spec", "initContainers", default=[])]
        raise self.failure(
            expected=f"{self.of} has {f'container `{self.wanted}`' if self.wanted else 'one container'}",
            found=", ".join(f"container `{item.get('name')}`" for item in containers) or "no container",
            because=f"`{self.wanted}` is an init container" if self.wanted in initial else "",
        )

    def running(self) -> list[tuple[Object, Object]]:
        """Read the Ready pods by name, each with this container of its spec.

        Raises:
            CheckFailed: there is no Ready pod, or one without the container.
        """
        wanted = self.spec(self.read()).get("name")
        found = []
        for pod in sorted(self.of.ready_pods(), key=name):
            containers: list[Object] = dig(pod, "spec", "containers", default=[])
            mine = next((item for item in containers if item.get("name") == wanted), None)
            if mine is None:
                others = ", ".join(f"`{item.get('name')}`" for item in containers)
                raise self.failure(
                    expected=f"container `{wanted}` in every Ready pod of {self.of}",
                    found=f"{name(pod)} has {others}",
                )
            found.append((pod, mine))
        return found

    def look(self, *files: str) -> list[Seen]:
        """Look into the container of every Ready pod.

        Raises:
            CheckFailed: as `running`.
            Vanished: a pod went away meanwhile.
        """
        return [
            Seen(pod, container, self.cluster.inside(pod, str(container["name"]), files))
            for pod, container in self.running()
        ]

    def failure(
        self,
        *,
        expected: str,
        found: str,
        because: str | Callable[[], str] = "",
        look_at: str = "",
        settles: bool = True,
    ) -> CheckFailed:
        """Return a failure, with a look at the spec if at nothing else; `settles` as in `CheckFailed`."""
        spec = f"kubectl -n {self.namespace} get {self.of.kind.lower()} {self.of.name} -o yaml"
        return CheckFailed(
            expected=expected, found=found, because=because, look_at=look_at or spec, settles=settles
        )

    @check
    def has_environment(
        self, wanted: Mapping[str, str | Field | Absent] | None = None, /, **more: str | Field | Absent
    ) -> None:
        """The container's first process has these variables, in every Ready pod; others may be there too.

        A value is a text, `ABSENT` (an empty variable is not absent), or a `Field` of each pod as it is now.
        A name that is none to Python goes into a mapping. The environment is what the process was started
        with: what the process changes by itself does not count. Values from Secrets are in no message.

        Raises:
            UsageError: there is no variable, or a value is no text.

        Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/

        >>> eventually(app.deployment("web").container()).has_environment(COLOUR="blue")
        """
        variables = {**(wanted or {}), **more}
        refuse_no_variables(variables)
        wrong = [item for seen in self.look() for item in differing(seen, variables)]
        if not wrong:
            return
        hidden = [self._variables(item.seen).hidden(item.key, item.found is not None) for item in wrong]
        secret = {item.key for item, is_hidden in zip(wrong, hidden, strict=True) if is_hidden}
        wishes = [wish(key, variables[key], key in secret) for key in dict.fromkeys(it.key for it in wrong)]
        raise self.failure(
            expected=f"{self} with {wishes[0]}" if len(wishes) == 1 else "\n".join([f"{self} with", *wishes]),
            found=listed([item.told(is_hidden) for item, is_hidden in zip(wrong, hidden, strict=True)]),
            because=lambda: self._why(wrong),
        )

    def _variables(self, seen: Seen) -> Variables:
        return Variables(self.cluster, self.namespace, seen)

    def _why(self, wrong: Sequence[Wrong]) -> str:
        """Say where the first variables come from that are not as they are wanted."""
        first: dict[str, Wrong] = {}
        for item in wrong:
            first.setdefault(item.key, item)
        said = [
            self._variables(item.seen).why(item.key, item.value, item.found)
            for item in list(first.values())[:_CAUSES]
        ]
        return "\n".join(filter(None, said))

    @check
    def has_arguments(self, *wanted: str) -> None:
        """The command line of the container's first process has these words one after the other.

        In every Ready pod. The program is the first word. Words are compared whole: `--port 80` is one word
        in a manifest that writes it as one. What came from a Secret is in no message.

        Raises:
            UsageError: there is no word.

        Source: https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/

        >>> eventually(app.deployment("web").container()).has_arguments("nginx", "-g", "daemon off;")
        """
        if not wanted or not all(isinstance(word, str) for word in wanted):
            raise UsageError(
                f'has_arguments(…) takes words, such as has_arguments("--port", "80"), not {wanted!r}'
            )
        wrong = [seen for seen in self.look() if not _follow(wanted, seen.inside.arguments)]
        if wrong:
            raise self.failure(
                expected=f"{_command(wanted)} on the command line in {self}",
                found=listed([f"{name(seen.pod)}: {self._shown_command(seen)}" for seen in wrong]),
                because=lambda: _why_arguments(wanted, wrong[0].container),
            )

    def _shown_command(self, seen: Seen) -> str:
        masked = self._variables(seen).mask()
        return _command([masked(word) for word in seen.inside.arguments]) or "no command line"

    @check
    def has_file(self, path: str, *, text: str | None = None, contains: str | None = None) -> None:
        """The container has this file, in every Ready pod, with this text, or with this part of one.

        `text` is the whole but for one newline at the end. A file longer than 64 KiB has no text to compare.
        What is in a Secret is in no message.

        Raises:
            UsageError: the path is not absolute; `text` and `contains` at once, or a part that is empty.

        Source: https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically

        >>> eventually(app.deployment("web").container()).has_file("/etc/web/colour", text="blue")
        """
        refuse_no_path(path, "has_file")
        refuse_no_content(text, contains)
        wrong = [
            (seen, found)
            for seen in self.look(path)
            if (found := unlike(seen.inside.files[path], text, contains))
        ]
        if not wrong:
            return
        origins = [Origin.of(seen.pod, seen.container, path) for seen, _ in wrong]
        hidden = any(origin.secret for origin in origins)
        raise self.failure(
            expected=f"{path} in {self}{wished(text, contains, hidden)}",
            found=listed(
                [
                    f"{name(seen.pod)}: {found.told(hidden, self._variables(seen).mask())}"
                    for seen, found in wrong
                ]
            ),
            because=lambda: origins[0].why(self.cluster, self.namespace, text, contains),
            look_at=self._list_folder(wrong[0][0], path),
            settles=all(origin.final for origin in origins),
        )

    @check
    def lacks_file(self, path: str) -> None:
        """The container of no Ready pod has anything at this path.

        Proves little by itself: let another check show before that it was there.

        Raises:
            UsageError: the path is not absolute.

        >>> eventually(app.deployment("web").container()).lacks_file("/etc/web/colour")
        """
        refuse_no_path(path, "lacks_file")
        wrong = [seen for seen in self.look(path) if is_there(seen.inside.files[path])]
        if wrong:
            origins = [Origin.of(seen.pod, seen.container, path) for seen in wrong]
            raise self.failure(
                expected=f"nothing at {path} in {self}",
                found=listed([f"{name(seen.pod)}: {_is(seen.inside.files[path])}" for seen in wrong]),
                because=lambda: origins[0].says() if origins[0].mount else _stays(wrong[0]),
                look_at=self._list_folder(wrong[0], path),
                settles=all(origin.final for origin in origins),
            )

    def _list_folder(self, seen: Seen, path: str) -> str:
        where = f"{name(seen.pod)} -c {seen.container['name']}"
        folder = shlex.quote(posixpath.dirname(path))
        return f"kubectl -n {self.namespace} exec {where} -- ls -la {folder}"

    @check
    def has_resources(self, *, limits: Amounts | None = None, requests: Amounts | None = None) -> None:
        """These limits and requests are in force for the container, in every Ready pod.

        In force is what the kubelet reports, also after a resize in place, else what the pod's spec has, with
        the defaults of a LimitRange. Amounts are compared by value; `ABSENT` is for what is not set, 0 is an
        amount. Other resources may be set too.

        Raises:
            UsageError: there is no amount, or one is no quantity.

        Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/

        >>> eventually(app.deployment("web").container()).has_resources(limits={"memory": "128Mi"})
        """
        wanted = {"limits": limits or {}, "requests": requests or {}}
        refuse_no_amounts(wanted)
        template = self.spec(self.read())
        wrong = [item for pod, container in self.running() for item in unlike_amounts(pod, container, wanted)]
        if wrong:
            places = dict.fromkeys((item.field, item.key) for item in wrong)
            wishes = [wish_of(field, key, wanted[field][key]) for field, key in places]
            raise self.failure(
                expected="\n".join([f"{self} with", *wishes]) if wishes[1:] else f"{self} with {wishes[0]}",
                found=listed([item.told() for item in wrong]),
                because=lambda: why_amount(self.cluster, wrong[0], template),
                settles=not any(map(moving, wrong)),
            )

    @check(hold=0)
    def mounts(
        self,
        path: str,
        *,
        config_map: str | None = None,
        secret: str | None = None,
        volume_claim: str | None = None,
        empty_dir: bool = False,
    ) -> None:
        """The pod template, or the pod, mounts this into the container, at exactly this path.

        A claim of a StatefulSet's volumeClaimTemplates goes by its name there. Of a projected volume each
        source counts.

        Raises:
            UsageError: the path is not absolute; not exactly one thing is named.

        >>> eventually(app.deployment("web").container()).mounts("/etc/web", config_map="settings")
        """
        refuse_no_path(path, "mounts")
        wanted = one_source(config_map, secret, volume_claim, empty_dir)
        obj = self.read()
        container = self.spec(obj)
        volumes = volumes_of(obj, self.of.template(obj))
        mounted = [(at, volumes.get(mount.get("name"), {})) for at, mount in mounts_of(container)]
        here = [volume for at, volume in mounted if at == path]
        if any(wanted in holds(volume) for volume in here):
            return
        elsewhere = [at for at, volume in mounted if wanted in holds(volume)]
        raise self.failure(
            expected=f"{wanted} at {path} in {self}",
            found=" and ".join(f"{what(volume)} is mounted there" for volume in here)
            or "nothing is mounted there",
            because=not_here(wanted, elsewhere, list(volumes.values())),
        )


def _follow(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether words follow each other somewhere."""
    size = len(wanted)
    return any(tuple(words[at : at + size]) == tuple(wanted) for at in range(len(words) - size + 1))


def _command(words: Sequence[str]) -> str:
    """Return words as a shell takes them, on one line."""
    return shorten(shlex.join(word.replace("\n", "\\n") for word in words), LONG)


def _why_arguments(wanted: Sequence[str], container: Object) -> str:
    """Say what the pod spec has of the command line."""
    words = [*dig(container, "command", default=[]), *dig(container, "args", default=[])]
    whole = " ".join(wanted)
    if (
        len(wanted) > 1
        and (one := next((str(word) for word in words if whole in str(word)), None)) is not None
    ):
        return f"the pod spec has {_command([one])} as one word, no shell splits it"
    if not words:
        return "the pod spec has neither command nor args: the image says what runs"
    fields = [field for field in ("command", "args") if dig(container, field)]
    return "\n".join(
        f"{field} in the pod spec: {_command(list(map(str, container[field])))}" for field in fields
    )


def _stays(seen: Seen) -> str:
    """Say that what a container has written goes with it only, and how often it has gone."""
    own = str(seen.container["name"])
    status = next((item for item in container_statuses(seen.pod) if item.get("name") == own), {})
    number = int(status.get("restartCount") or 0)
    restarts = f"so far it was restarted {number} time{'s' * (number != 1)}"
    return f"it is in no volume, so it goes when container {own} is started again: {restarts}"


def _is(file: File) -> str:
    return "it is there" if file.text is not None else file.detail or "nothing to read"
