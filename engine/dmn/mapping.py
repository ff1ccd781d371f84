"""What of a verdict becomes the result variable: `camunda:mapDecisionResult`, with the meaning it has in Camunda 7."""

from typing import Any

from engine.errors import ExecutionFailed

#: Flowable's: every output of the one result becomes a variable of its own; the second refuses no result
SPREAD = ("flowable", "flowable-required")
MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")


def map_result(results: list[dict[str, Any]], mapping: str) -> Any:
    """Return one value, one mapping, a list of values or the list of mappings; without a match null or an empty list.

    Refuses with `ExecutionFailed` more results, or more outputs, than the mapping has room for.
    """
    if mapping == "flowable-required" and not results:
        raise failure("没有规则匹配", "no rule matches")
    if mapping == "resultList" or mapping in SPREAD:
        return results
    if mapping not in MAPPINGS:
        raise failure(f"未知的结果映射 {mapping}", f"the mapping {mapping} is not known")
    if mapping == "collectEntries":
        return [single(result, mapping) for result in results]
    if len(results) > 1:
        raise failure(f"{mapping} 只能有一个结果，得到 {len(results)} 个", f"{mapping} has room for one result, not {len(results)}")
    if not results:
        return None
    return results[0] if mapping == "singleResult" else single(results[0], mapping)


def single(result: dict[str, Any], mapping: str) -> Any:
    if len(result) != 1:
        raise failure(f"{mapping} 只能有一个输出列", f"{mapping} has room for one output, not {len(result)}")
    return next(iter(result.values()))


def failure(zh: str, en: str) -> ExecutionFailed:
    return ExecutionFailed(element="", reason=f"{zh} / {en}")
