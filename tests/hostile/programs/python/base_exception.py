# expect: failed, Fundamental: below everything
class Fundamental(BaseException):
    pass


raise Fundamental("below everything")
