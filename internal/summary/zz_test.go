package summary
import ("testing";"fmt";"os";"strings")
func TestZZ(t *testing.T){ b,_:=os.ReadFile("/tmp/prac/p.txt")
 for _,p:=range strings.Split("\n"+string(b),"\n=== ")[1:] { n,txt,_:=strings.Cut(p,"\n"); fmt.Printf("## %s\n%s\n",n,Summarize(NewText(txt),Options{}).Text)}
}
